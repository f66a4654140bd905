const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

export type Unit = (typeof UNITS)[number][0];

/** Whole seconds in units, from days down, those that are zero too. */
export function inUnits(seconds: number): (readonly [count: number, unit: Unit])[] {
  let left = seconds;
  return UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left %= size;
    return [count, unit];
  });
}

export const describeUnit = (count: number, unit: Unit, language: string): string =>
  new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count);

/** Seconds in words: at most three units, from the largest that is not zero. */
export function describeTimeLeft(seconds: number, language: string): string {
  const parts = inUnits(seconds);
  const first = parts.findIndex(([count]) => count);
  return parts
    .slice(first, first + 3)
    .map(([count, unit]) => describeUnit(count, unit, language))
    .join(' ');
}

/** The reader's own variant of the page's language, if the two agree. */
export function visitorLanguage(): string {
  const page = document.documentElement.lang || navigator.language;
  return navigator.languages.find((tag) => tag.split('-')[0] === page.split('-')[0]) ?? page;
}
