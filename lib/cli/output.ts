import { styleText } from 'node:util';
import { stringify } from './json-text.js';
import type { Surroundings } from './surroundings.js';
import { cut, widthOf } from './text-width.js';

/** Widest line of a table where the width of the terminal is not known. */
const WIDTH = 80;
/** The narrowest column that a table may be fitted to, so that shortened names can still be told apart. */
const NARROWEST = 6;
/** What would move the cursor, change the direction of text, or ring. */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** What is written to. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  value(row: Row): string;
  style?(row: Row): Style | undefined;
  /** May be cut where the line is too long. */
  readonly shrinks?: boolean;
}

/** Text of others, harmless on a terminal and on one line. */
export const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(UNSAFE, '\ufffd');

/** So many of a thing: "1 key", "2 keys". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** The same on its own lines. */
const plainLines = (text: string): string => text.split('\n').map(plain).join('\n');

/** Where a command writes: results to stdout, everything else to stderr. */
export class Output {
  constructor(
    readonly json: boolean,
    private readonly env: NodeJS.ProcessEnv,
    private readonly out: OutputStream,
    private readonly err: OutputStream,
  ) {}

  static of(json: boolean, { env, stdout, stderr }: Surroundings): Output {
    return new Output(json, env, stdout, stderr);
  }

  get isTerminal(): boolean {
    return this.out.isTTY === true;
  }

  /** The result for programs, or for people. */
  result(json: unknown, people: () => void): void {
    if (this.json) {
      this.line(stringify(json, this.isTerminal ? 2 : undefined));
    } else {
      people();
    }
  }

  /** One of several results for programs, on one line. */
  jsonLine(json: unknown): void {
    this.line(stringify(json));
  }

  line(text = ''): void {
    this.out.write(`${text}\n`);
  }

  /** Anything that is no result. */
  note(text: string): void {
    this.err.write(`${text}\n`);
  }

  /** A line that is there for a while, on a terminal and nowhere else; gives what takes it away. */
  passing(text: string): () => void {
    if (this.err.isTTY !== true || this.json) {
      return () => undefined;
    }
    this.err.write(text);
    return () => this.err.write(`\r${' '.repeat(widthOf(text))}\r`);
  }

  /** A line on a terminal, and nothing elsewhere. */
  remark(text: string): void {
    if (this.err.isTTY === true && !this.json) {
      this.note(this.colored(this.err, 'dim', text));
    }
  }

  warn(text: string): void {
    this.err.write(`${this.colored(this.err, 'yellow', 'warning:')} ${plainLines(text)}\n`);
  }

  error(text: string): void {
    this.err.write(`${this.colored(this.err, 'red', 'error:')} ${plainLines(text)}\n`);
  }

  style(style: Style, text: string): string {
    return this.colored(this.out, style, text);
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    const cells = rows.map((row) => columns.map((column) => plain(column.value(row)) || '-'));
    const widths = columns.map((column, index) =>
      Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[index] ?? ''))),
    );
    if (!this.fit(widths, columns)) {
      this.records(rows, columns, cells);
      return;
    }
    const write = (line: readonly string[], styled: (text: string, index: number) => string): void => {
      const last = line.length - 1;
      const padded = line.map((text, index) => {
        const shown = cut(text, widths[index] ?? 0);
        const gap = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(shown)));
        return styled(shown, index) + (index === last ? '' : gap);
      });
      this.line(padded.join('  ').trimEnd());
    };
    write(
      columns.map(({ title }) => title),
      (text) => this.style('dim', text),
    );
    cells.forEach((line, row) =>
      write(line, (text, index) => {
        const style = columns[index]?.style?.(rows[row] as Row);
        return style ? this.style(style, text) : text;
      }),
    );
  }

  /** A line for each value: for terminals that are too narrow for a table. */
  private records<Row>(
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    cells: readonly (readonly string[])[],
  ): void {
    const width = Math.max(...columns.map(({ title }) => widthOf(title)));
    rows.forEach((row, at) => {
      if (at > 0) {
        this.line();
      }
      columns.forEach(({ title, style }, index) => {
        const text = cells[at]?.[index] ?? '-';
        const color = style?.(row);
        if (text !== '-') {
          const name = this.style('dim', title) + ' '.repeat(width - widthOf(title));
          this.line(`${name}  ${color ? this.style(color, text) : text}`);
        }
      });
    });
  }

  /** Shrinks the widest columns that may shrink until the line fits. @returns `false` if it cannot fit */
  private fit(widths: number[], columns: readonly Column<never>[]): boolean {
    const most = this.isTerminal ? this.out.columns || WIDTH : WIDTH;
    const total = (): number => widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1));
    while (total() > most) {
      const index = widths.reduce(
        (widest, width, i) => (columns[i]?.shrinks && width > (widths[widest] ?? 0) ? i : widest),
        columns.findIndex(({ shrinks }) => shrinks),
      );
      if (index < 0 || (widths[index] ?? 0) <= NARROWEST) {
        return false;
      }
      widths[index] = (widths[index] ?? 0) - 1;
    }
    return true;
  }

  private colored(stream: OutputStream, style: Style, text: string): string {
    const { NO_COLOR, FORCE_COLOR, TERM } = this.env;
    const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0';
    const wanted = forced || (stream.isTTY === true && !NO_COLOR && TERM !== 'dumb');
    return wanted ? styleText(style, text, ...UNCONDITIONAL) : text;
  }
}

/** Newer versions of Node look at a stream themselves, which need not be the one that is written to. */
const UNCONDITIONAL = [{ validateStream: false }] as unknown as [];
