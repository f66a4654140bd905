import { cpus } from 'node:os';
import { median, quantile } from './statistics.js';

/** What a row must keep. */
export type Limit = { readonly most: number } | { readonly least: number } | undefined;

export interface Row {
  readonly section: string;
  readonly what: string;
  /** What it is compared with, or the unit. */
  readonly beside: string;
  readonly median: number;
  /** From the first to the third quartile. */
  readonly spread: readonly [number, number] | undefined;
  readonly limit: Limit;
  /** An A/A row: two groups of the same; others of its section count only if it is good. */
  readonly control?: boolean;
}

/** The rows of a run, as one Markdown table. */
export class Report {
  private readonly rows: Row[] = [];

  add(row: Row): void {
    this.rows.push(row);
    console.error(line(row));
  }

  /** A row from many values of the same. */
  values(row: Omit<Row, 'median' | 'spread'>, values: readonly number[]): void {
    const spread = [quantile(values, 0.25), quantile(values, 0.75)] as const;
    this.add({ ...row, median: median(values), spread });
  }

  /** A/A: what comes out where nothing differs. */
  control(section: string, what: string, ratios: readonly number[]): void {
    this.values({ section, what, beside: 'itself (A/A)', limit: undefined, control: true }, ratios);
  }

  get failures(): number {
    return this.rows.filter((row) => verdict(row) === 'missed').length;
  }

  toMarkdown(): string {
    const cpu = cpus();
    return [
      `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpu.length} cores ${cpu[0]?.model ?? ''}`.trim(),
      '',
      '| | what | beside | median | quartiles | limit | verdict |',
      '| --- | --- | --- | ---: | ---: | ---: | --- |',
      ...this.rows.map(line),
    ].join('\n');
  }
}

function line(row: Row): string {
  const { section, what, beside, spread, limit } = row;
  const range = spread ? spread.map(digits).join(' – ') : '';
  const bound = !limit ? '' : 'most' in limit ? `≤ ${limit.most}` : `≥ ${limit.least}`;
  return `| ${[section, what, beside, digits(row.median), range, bound, verdict(row)].join(' | ')} |`;
}

function verdict({ median, limit, control }: Row): string {
  if (control) {
    return median >= 0.98 && median <= 1.02 ? 'quiet' : 'noisy';
  }
  if (!limit) {
    return '';
  }
  return ('most' in limit ? median <= limit.most : median >= limit.least) ? 'kept' : 'missed';
}

/** Three places for ratios, fewer for large numbers. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}
