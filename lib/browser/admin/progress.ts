import type { PageKey } from '../../admin/page-data.js';
import { percentOf } from '../percent.js';
import { element, fill, write } from './elements.js';
import { texts } from './page.js';
import { lengthOf, locale } from './times.js';

/** How far the job is, as reported or estimated. */
export function drawProgress(fact: HTMLElement, { progress }: PageKey): void {
  (fact.parentElement as HTMLElement).hidden = !progress;
  if (!progress) {
    return;
  }
  if (!fact.children.length) {
    fact.append(element('span'), element('progress', { max: 100, 'aria-label': texts.progress }));
  }
  const [text, bar] = fact.children as unknown as [HTMLElement, HTMLProgressElement];
  const { value, done, total, remaining, overrun } = progress;
  const percent = percentOf(value);
  const said = [
    (percent / 100).toLocaleString(locale, { style: 'percent' }),
    done !== null && total !== null && `${done.toLocaleString(locale)} / ${total.toLocaleString(locale)}`,
    remaining !== null &&
      fill('timeLeft', { time: lengthOf(Math.max(1, Math.ceil(remaining / 60_000)) * 60_000) }),
    overrun && texts.late,
  ];
  write(text, said.filter(Boolean).join(' \u00b7 '));
  bar.value = percent;
}
