import type { Rule } from './checker.js';
import type { Evidence } from './evidence.js';
import type { Line } from './history.js';

type Stored = Line & { e: 'stored' };

/** What a newer version has written of a record or of a hold stays there, whoever writes the record next. */
export const carried: Rule = (evidence) => {
  const last = new Map<string, Stored>();
  const stored = evidence.lines
    .filter((line): line is Stored => line.e === 'stored')
    .sort((a, b) => a.revision - b.revision);
  return stored.flatMap((line) => {
    const place = `${line.history} ${line.key}`;
    const before = last.get(place);
    last.set(place, line);
    if (!before || mayBeUndone(evidence, before.t, line.t)) {
      return [];
    }
    const holds = Object.keys(line.holds).filter((id) => before.holds[id] && !line.holds[id]);
    const lost = [...(before.tide && !line.tide ? ['the record'] : []), ...holds.map((id) => `hold ${id}`)];
    return lost.map((what) => ({
      rule: 'carried',
      text: `what a newer version wrote of ${what} of ${line.key} was dropped`,
      lines: [before, line],
    }));
  });
};

/** By Redis' clock a write that was given up on may come in time; then what was there before it is put back. */
const mayBeUndone = ({ windows }: Evidence, from: number, to: number): boolean =>
  windows.some(({ kind, begin, end }) => kind === 'redis-clock' && begin <= to && end + 2_000 >= from);

/** Each revision of a history stands for one write, but for those that Redis has lost. */
export const unique: Rule = (evidence) => {
  const first = new Map<string, Stored>();
  return evidence.lines.flatMap((line) => {
    if (line.e !== 'stored') return [];
    const place = `${line.history} ${line.revision}`;
    const known = first.get(place) ?? line;
    const before = isTakenBack(evidence, known.t, line.t) ? line : known;
    first.set(place, before);
    const text = `revision ${line.revision} was given to two writes`;
    return before.write === line.write ? [] : [{ rule: 'unique', text, lines: [before, line] }];
  });
};

const isTakenBack = ({ windows }: Evidence, from: number, to: number): boolean =>
  windows.some(({ kind, begin, end }) => kind === 'set-back' && begin <= from && from <= end && end <= to);

/** A record of a higher format stays as it is. */
export const higher: Rule = ({ lines }) =>
  lines.flatMap((line) =>
    line.e === 'higher' && !line.kept
      ? [
          {
            rule: 'higher',
            text: `a record of a higher format was written over (${line.key})`,
            lines: [line],
          },
        ]
      : [],
  );
