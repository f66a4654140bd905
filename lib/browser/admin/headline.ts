import { byId, fill, write } from './elements.js';
import { page, texts, title } from './page.js';
import { ago, clock, locale } from './times.js';

/** The headline of the page: how much of the site is affected, and by what. */
export function drawHeadline(): void {
  const { headline } = page.state;
  const inTouch = page.connection === 'live' || page.connection === 'polling';
  document.body.dataset['headline'] = headline;
  write(byId('headline'), texts[headline]);
  write(
    byId('note'),
    inTouch
      ? describe()
      : fill('lastKnown', { time: clock(page.heard + page.ahead, true), note: describe() }),
  );
  document.title = `${headline === 'open' ? '' : '\u25cf '}${texts[headline]} \u2013 ${title}`;
}

function describe(): string {
  const { active, activeMore } = page.state;
  const keys = active.map(({ label, since, until }) => {
    const instant = until ?? since ?? page.state.now;
    return fill(until ? 'activeUntil' : 'activeSince', {
      label,
      time: `${clock(instant)} (${ago(instant)})`,
    });
  });
  if (activeMore > 0) {
    keys.push(fill('activeMore', { count: activeMore.toLocaleString(locale) }));
  }
  return keys.length > 0 ? new Intl.ListFormat(locale).format(keys) : texts.openNote;
}
