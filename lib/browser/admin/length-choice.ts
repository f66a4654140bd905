import type { PageKey } from '../../admin/page-data.js';
import type { AdminText } from '../../i18n/admin-texts.js';
import { element, fill, write } from './elements.js';
import { field } from './fields.js';
import { serverNow, texts } from './page.js';
import { clock } from './times.js';

const MINUTE = 60_000;

const LENGTHS = {
  minutes15: 15 * MINUTE,
  hour1: 60 * MINUTE,
  hours4: 240 * MINUTE,
  day1: 1440 * MINUTE,
} as const;

/** The present end: one that visitors see, the key's safety net, or none. */
type KeptEnd = 'keepEnd' | 'keepNet' | 'keepForever';
type LengthId = KeptEnd | keyof typeof LENGTHS | 'untilDate' | 'net' | 'forever';

/** What is sent to the server about the end. */
export interface GivenEnd {
  readonly timeout?: number | null;
  readonly until?: string;
}

/** For how long. */
export interface LengthChoice {
  readonly set: HTMLElement;
  readonly date: HTMLInputElement;
  /** The choice, for a draft; empty if there was none. */
  readonly values: () => { length?: string; date?: string };
  /** Time has passed: what was chosen ends later. */
  readonly pass: () => void;
  /** Restores what {@link values} returned, as far as it is still available. */
  restore(values: Readonly<Record<string, string>>): void;
  /** Empty if the end stays as it is; `null` if there is no such date. */
  read(): GivenEnd | null;
}

/** In the format of datetime-local: local time, without an offset. */
function localInput(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

function keptEnd({ switched, until, endsAt }: PageKey): KeptEnd | null {
  return switched ? (until ? 'keepEnd' : endsAt ? 'keepNet' : 'keepForever') : null;
}

/** Begins with the end that the key has, else with an hour. */
export function makeLengthChoice(key: PageKey): LengthChoice {
  const kept = keptEnd(key);
  const date = element('input', { type: 'datetime-local', min: localInput(serverNow()) });
  date.value = localInput(Math.ceil((serverNow() + 60 * MINUTE) / (5 * MINUTE)) * 5 * MINUTE);
  const dateField = field('until', texts.date, date);
  const summary = element('p', { className: 'hint', role: 'status' });
  const ids: LengthId[] = [
    ...(kept ? [kept] : []),
    ...(Object.keys(LENGTHS) as (keyof typeof LENGTHS)[]),
    'untilDate',
    ...(key.timeout > 0 && kept !== 'keepNet' ? ['net' as const] : []),
    ...(kept === 'keepForever' ? [] : ['forever' as const]),
  ];
  const radios = ids.map((id) =>
    element('input', { type: 'radio', name: 'length', value: id, id: `length-${id}` }),
  );
  const chosen = (): LengthId => radios.find((radio) => radio.checked)?.value as LengthId;

  /** When it opens by itself; `null`: never. */
  function endOf(id: LengthId): number | null {
    switch (id) {
      case 'keepEnd':
      case 'keepNet':
        return Date.parse(key.endsAt ?? '');
      case 'untilDate':
        return new Date(date.value).getTime();
      case 'net':
        return serverNow() + key.timeout;
      case 'keepForever':
      case 'forever':
        return null;
      default:
        return serverNow() + LENGTHS[id];
    }
  }

  function summarize(id: LengthId): string {
    const at = endOf(id);
    if (at === null) {
      return texts.endsNever;
    }
    const hidden = id === 'net' || id === 'keepNet';
    return Number.isNaN(at) ? '' : fill(hidden ? 'endsNet' : 'endsAt', { time: clock(at) });
  }

  /** @param said whether the summary is read aloud: what somebody has chosen, but not every minute */
  function draw(said = true): void {
    summary.ariaLive = said ? 'polite' : 'off';
    dateField.hidden = chosen() !== 'untilDate';
    write(summary, summarize(chosen()));
  }

  function choose(id: string): void {
    for (const radio of radios) {
      radio.checked = radio.value === id;
    }
    draw();
  }

  const chips = ids.map((id, index) => {
    const text =
      id === 'keepEnd' ? fill(id, { time: clock(key.endsAt ?? '') }) : texts[id satisfies AdminText];
    return element(
      'label',
      { className: 'chip' },
      radios[index] as HTMLElement,
      element('span', { textContent: text }),
    );
  });
  const set = element(
    'fieldset',
    { onchange: () => draw(), oninput: () => draw() },
    element('legend', { textContent: texts.howLong }),
    element('div', { className: 'chips' }, ...chips),
    dateField,
    summary,
  );
  const first = kept ?? 'hour1';
  choose(first);
  return {
    set,
    date,
    values: () => (chosen() === first ? {} : { length: chosen(), date: date.value }),
    pass: () => draw(false),
    restore({ length = '', date: typed = date.value }) {
      date.value = typed;
      if (ids.some((id) => id === length)) {
        choose(length);
      }
    },
    read() {
      const id = chosen();
      switch (id) {
        case 'keepEnd':
        case 'keepNet':
        case 'keepForever':
          return {};
        case 'net':
          return { timeout: null };
        case 'forever':
          return { timeout: 0 };
        case 'untilDate': {
          const at = endOf(id);
          return at !== null && at > serverNow() ? { until: new Date(at).toISOString() } : null;
        }
        default:
          return { timeout: LENGTHS[id] };
      }
    },
  };
}
