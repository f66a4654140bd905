const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/**
 * Seconds in words: three units, from the largest that is not zero.
 * @param exact all units that are not zero, so that nothing is rounded away
 */
export function describeTimeLeft(seconds: number, language: string, exact?: boolean): string {
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  let left = seconds;
  return UNITS.slice(first, exact ? undefined : first + 3)
    .flatMap(([unit, size]) => {
      const count = Math.floor(left / size);
      left %= size;
      return exact && !count
        ? []
        : new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count);
    })
    .join(' ');
}

/** The reader's own variant of the page's language, if the two agree; the reader's language if the page names none. */
export function visitorLanguage(): string {
  const page = document.documentElement.lang || navigator.language;
  return navigator.languages.find((tag) => tag.split('-')[0] === page.split('-')[0]) ?? page;
}
