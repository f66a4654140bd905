import type { WindowJson } from '../backend/json.js';
import { plain, type Column } from '../output.js';
import { formatDuration, formatMoment } from '../time.js';

const lengthOf = ({ start, end }: WindowJson): number => Date.parse(end) - Date.parse(start);

const isOn = ({ start }: WindowJson): boolean => Date.parse(start) <= Date.now();

export const WINDOW_COLUMNS: readonly Column<WindowJson>[] = [
  { title: 'WINDOW', value: ({ id }) => id },
  { title: 'KEY', value: ({ key }) => key, shrinks: true },
  {
    title: 'START',
    value: ({ start }) => formatMoment(start),
    style: (window) => (isOn(window) ? 'yellow' : undefined),
  },
  { title: 'FOR', value: (window) => formatDuration(lengthOf(window)) },
  { title: 'REPEATS', value: ({ repeat }) => repeat?.cron ?? '', shrinks: true },
];

/** One window in a few lines. */
export function describeWindow(window: WindowJson): string[] {
  const { id, key, start, end, repeat, announce, cancelled, readOnly, reopenOver } = window;
  const { announcement, announcements, message, messages } = window;
  const on = isOn(window) ? 'is on' : 'is planned';
  const again = repeat ? plain(`, repeats "${repeat.cron}" (${repeat.timeZone})`) : '';
  const said = announce === false ? 'not announced' : `announced ${formatDuration(announce)} before`;
  const phases = [
    ...(readOnly > 0 ? [`refuses only writes for ${formatDuration(readOnly)}`] : []),
    ...(reopenOver > 0 ? [`reopens over ${formatDuration(reopenOver)}`] : []),
  ];
  return [
    `Window ${plain(id)} of ${plain(key)} ${on}: ${formatMoment(start)} to ${formatMoment(end)}${again}, ${said}.`,
    ...(phases.length > 0 ? [`  ${phases.join(', ')}`] : []),
    ...sayings(announcement, announcements).map((said) => `  announced: ${said}`),
    ...sayings(message, messages).map((said) => `  ${said}`),
    ...(cancelled.length > 0 ? [`  cancelled: ${cancelled.map((at) => formatMoment(at)).join(', ')}`] : []),
  ];
}

/** A text in all its languages. */
const sayings = (text: string | null, texts: Readonly<Record<string, string>> = {}): string[] => [
  ...(text === null ? [] : [`"${plain(text)}"`]),
  ...Object.entries(texts)
    .filter(([language]) => language !== '')
    .map(([language, said]) => plain(`${language}: "${said}"`)),
];
