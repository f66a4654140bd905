import type { AdminText } from '../../admin/page/texts.js';
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

export type LengthId = 'keepEnd' | keyof typeof LENGTHS | 'untilDate' | 'forever';

/** For how long. */
export interface LengthChoice {
  readonly set: HTMLElement;
  readonly date: HTMLInputElement;
  choose(id: LengthId): void;
  /** What the server is told of the end; `null` when there is no such date. */
  read(): { timeout: number } | { until: string } | null;
}

/** As datetime-local wants it: the time here, without an offset. */
function localInput(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

/** @param end the end that can be kept; `null`: there is none */
export function makeLengthChoice(end: string | null): LengthChoice {
  const date = element('input', { type: 'datetime-local', min: localInput(Date.now()) });
  date.value = localInput(Math.ceil((Date.now() + 60 * MINUTE) / (5 * MINUTE)) * 5 * MINUTE);
  const dateField = field('until', texts.date, date);
  const summary = element('p', { className: 'hint', role: 'status' });
  const ids: LengthId[] = [
    ...(end === null ? [] : ['keepEnd' as const]),
    ...(Object.keys(LENGTHS) as (keyof typeof LENGTHS)[]),
    'untilDate',
    'forever',
  ];
  const radios = ids.map((id) =>
    element('input', { type: 'radio', name: 'length', value: id, id: `length-${id}` }),
  );
  const chosen = (): LengthId => radios.find((radio) => radio.checked)?.value as LengthId;

  /** `null`: never. */
  function endOf(id: LengthId): number | null {
    switch (id) {
      case 'keepEnd':
        return Date.parse(end ?? '');
      case 'untilDate':
        return new Date(date.value).getTime();
      case 'forever':
        return null;
      default:
        return serverNow() + LENGTHS[id];
    }
  }

  function draw(): void {
    dateField.hidden = chosen() !== 'untilDate';
    const at = endOf(chosen());
    write(
      summary,
      at === null ? texts.endsNever : Number.isNaN(at) ? '' : fill('endsAt', { time: clock(at) }),
    );
  }

  const chips = ids.map((id, index) => {
    const text = id === 'keepEnd' ? fill(id, { time: clock(end ?? '') }) : texts[id satisfies AdminText];
    return element(
      'label',
      { className: 'chip' },
      radios[index] as HTMLElement,
      element('span', { textContent: text }),
    );
  });
  const set = element(
    'fieldset',
    { onchange: draw, oninput: draw },
    element('legend', { textContent: texts.howLong }),
    element('div', { className: 'chips' }, ...chips),
    dateField,
    summary,
  );
  return {
    set,
    date,
    choose(id) {
      for (const radio of radios) {
        radio.checked = radio.value === id;
      }
      draw();
    },
    read() {
      const id = chosen();
      if (id === 'forever') {
        return { timeout: 0 };
      }
      if (id !== 'keepEnd' && id !== 'untilDate') {
        return { timeout: LENGTHS[id] };
      }
      const at = endOf(id);
      return at !== null && at > serverNow() ? { until: new Date(at).toISOString() } : null;
    },
  };
}
