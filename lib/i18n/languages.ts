import { createNegotiator, readPreferences } from './preferences.js';

/** Languages that browsers offer their users, for which `translate` may be called if `languages` is not set. */
const OF_BROWSERS = (
  'en af am ar az be bg bn bs ca cs cy da de de-AT de-CH de-DE de-LI el en-AU en-CA en-GB en-IE en-IN en-NZ en-US en-ZA eo ' +
  'es es-419 es-AR es-CL es-CO es-ES es-MX es-PE es-US et eu fa fi fil fr fr-BE fr-CA fr-CH fr-FR ga gl gu he hi hr hu hy id ' +
  'is it it-CH it-IT ja ka kk km kn ko ky lb lo lt lv mk ml mn mr ms mt my nb ne nl nl-BE nl-NL nn no pa pl ps pt pt-BR ' +
  'pt-PT ro ru si sk sl sq sr sr-Latn sv sw ta te th tr uk ur uz vi zh zh-CN zh-HK zh-Hans zh-Hant zh-TW zu'
).split(' ');

/** How many headers have their result cached; browsers send few different ones. */
const REMEMBERED = 500;
/** Longer ones are not looked up: hashing reads all of a string. */
const LONGEST_REMEMBERED = 100;

/** The languages that texts can be in. Visitors choose among them and cannot add any. */
export class Languages {
  /** Canonical tags, by the tags under which they may be requested. */
  private readonly tags = new Map<string, string>();
  private readonly fallback: string;
  /** The first tag in each script of a language, such as `zh-TW` for `zh-hant`; few applications are ever asked for one. */
  private written: Map<string, string> | undefined;
  private readonly known = new Map<string, string>();
  private lastLong: { readonly header: string; readonly language: string } | undefined;

  /**
   * @param languages those of the application, the one for everybody else first; default: what browsers offer, English first
   * @param unnamed the language of `''`, where that is one of them
   */
  constructor(
    private readonly languages: readonly string[] = OF_BROWSERS,
    private readonly unnamed?: string,
  ) {
    this.fallback = languages[0] ?? 'en';
    for (const tag of languages) {
      this.tags.set(tag.toLowerCase(), tag);
    }
    for (const name of unnamed ? [unnamed.toLowerCase(), ...parents(unnamed.toLowerCase())] : []) {
      if (!this.tags.has(name)) {
        this.tags.set(name, '');
      }
    }
    // a visitor who asks for `de` is content with `de-AT` if nothing is closer
    for (const tag of languages) {
      for (const shorter of parents(tag.toLowerCase())) {
        if (!this.tags.has(shorter)) {
          this.tags.set(shorter, tag);
        }
      }
    }
  }

  /** The one for visitors who ask for none of them. */
  get first(): string {
    return this.fallback;
  }

  /** The one that an `Accept-Language` header ranks first. */
  pick(acceptLanguage: string | undefined): string {
    if (!acceptLanguage) {
      return this.fallback;
    }
    if (acceptLanguage.length > LONGEST_REMEMBERED) {
      // but all texts of one page are requested with the same header
      if (this.lastLong?.header !== acceptLanguage) {
        this.lastLong = { header: acceptLanguage, language: this.negotiate(acceptLanguage) };
      }
      return this.lastLong.language;
    }
    let language = this.known.get(acceptLanguage);
    if (language === undefined) {
      language = this.negotiate(acceptLanguage);
      if (this.known.size >= REMEMBERED) {
        this.known.clear();
      }
      this.known.set(acceptLanguage, language);
    }
    return language;
  }

  /** RFC 4647, section 3.4 (lookup): each range in turn, shortened until it matches a known language. */
  private negotiate(acceptLanguage: string): string {
    const ranges = createNegotiator({ 'accept-language': readPreferences(acceptLanguage) }).languages();
    for (const range of ranges) {
      const asked = range.toLowerCase();
      for (const tag of [asked, ...parents(asked)]) {
        const found = this.tags.get(tag);
        if (found !== undefined) {
          // who reads Chinese in Taiwan writes it as in `zh-Hant`
          return tag.includes('-') ? found : this.inScriptOf(range, found);
        }
      }
    }
    return this.fallback;
  }

  /** Of the tags of one language, one in the script that is asked for, if there is any. */
  private inScriptOf(range: string, found: string): string {
    const script = this.scriptOf(range);
    return script === undefined || script === this.scriptOf(found)
      ? found
      : ((this.written ??= this.byScript()).get(script) ?? found);
  }

  private byScript(): Map<string, string> {
    const written = new Map<string, string>();
    for (const tag of this.unnamed ? ['', ...this.languages] : this.languages) {
      const script = this.scriptOf(tag);
      if (script !== undefined && !written.has(script)) {
        written.set(script, tag);
      }
    }
    return written;
  }

  /** The language of a tag and the script in which it is written there; `undefined` if invalid. */
  private scriptOf(tag: string): string | undefined {
    try {
      const { language, script } = new Intl.Locale(tag === '' ? (this.unnamed ?? '') : tag).maximize();
      return `${language}-${script}`;
    } catch {
      return undefined;
    }
  }
}

/** A tag and its shorter forms, longest first: `zh-hant`, `zh` for `zh-hant-tw`. */
function parents(tag: string): string[] {
  const subtags = tag.split('-', 5);
  return subtags.slice(1).map((_, index) => subtags.slice(0, subtags.length - 1 - index).join('-'));
}
