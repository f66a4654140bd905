import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import { plain } from '../output.js';

const MARKS = {
  ok: ['green', 'ok      '],
  note: ['dim', 'note    '],
  warning: ['yellow', 'warning '],
  problem: ['red', 'PROBLEM '],
} as const;

export const doctor: Work<object> = async ({ out, open }) => {
  const backend = await open();
  const findings = await backend.doctor();
  const healthy = findings.every(({ level }) => level !== 'problem');
  out.result({ place: backend.place, healthy, findings }, () => {
    out.line(backend.place);
    for (const { level, message } of findings) {
      const [style, mark] = MARKS[level];
      out.line(`${out.style(style, mark)} ${plain(message)}`);
    }
  });
  return healthy ? EXIT.done : EXIT.failed;
};
