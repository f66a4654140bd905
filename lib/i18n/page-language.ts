/** What the page needs of one language. */
export interface PageLanguage {
  /** Canonical BCP 47 tag for `<html lang>`. */
  readonly tag: string;
  readonly direction: 'ltr' | 'rtl';
  /** Date, time and the letters "UTC", formatted for this language. */
  formatUtc(instant: Date): string;
  /** A fraction in percent, formatted for this language. */
  formatPercent(part: number): string;
}

const FALLBACK = 'en';
/** More than there are languages to choose from: see `Languages`. */
const REMEMBERED = 200;
const LONGEST_TAG = 35;
const RTL_SCRIPTS = new Set(['Adlm', 'Arab', 'Aran', 'Hebr', 'Mand', 'Nkoo', 'Rohg', 'Syrc', 'Thaa']);

const FORMAT: Intl.DateTimeFormatOptions = {
  timeZone: 'UTC',
  timeZoneName: 'short',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
};

const known = new Map<string, PageLanguage>();

/**
 * The language of a tag; English for an invalid one. Formatters are expensive (some 30 kB each, outside the garbage-collected
 * heap): they are created once per language, and the caller offers a limited choice of languages.
 */
export function pageLanguage(tag: string): PageLanguage {
  let language = known.get(tag);
  if (language === undefined) {
    language = describe(tag);
    if (tag.length <= LONGEST_TAG) {
      const [oldest] = known.size >= REMEMBERED ? known.keys() : [];
      if (oldest !== undefined) known.delete(oldest);
      known.set(tag, language);
    }
  }
  return language;
}

function describe(tag: string): PageLanguage {
  const locale = parse(tag);
  let format: Intl.DateTimeFormat | undefined;
  let percent: Intl.NumberFormat | undefined;
  // Many visitors see the same end, and formatting it takes longer than the rest of the page.
  let last = Number.NaN;
  let text = '';
  return {
    tag: locale.baseName,
    direction: RTL_SCRIPTS.has(locale.maximize().script ?? '') ? 'rtl' : 'ltr',
    formatUtc: (instant) => {
      if (instant.getTime() !== last) {
        format ??= new Intl.DateTimeFormat(locale.baseName, FORMAT);
        text = format.format(instant);
        last = instant.getTime();
      }
      return text;
    },
    formatPercent: (part) =>
      (percent ??= new Intl.NumberFormat(locale.baseName, { style: 'percent' })).format(part),
  };
}

function parse(tag: string): Intl.Locale {
  try {
    if (tag.length <= LONGEST_TAG) return new Intl.Locale(tag);
  } catch {
    // Not a language tag (`*`, or nonsense from a header): the page is still owed to the visitor.
  }
  return new Intl.Locale(FALLBACK);
}
