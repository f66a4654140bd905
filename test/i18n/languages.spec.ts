import Negotiator from 'negotiator';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Languages } from '../../lib/i18n/languages.js';
import { pageLanguage } from '../../lib/i18n/page-language.js';

afterEach(() => vi.restoreAllMocks());

describe('languages of browsers if the application lists none', () => {
  const languages = new Languages();

  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['DE-ch', 'de-CH'],
    ['de-CH, de;q=0.9, en;q=0.8', 'de-CH'],
    ['en;q=0.1, fr;q=0.9', 'fr'],
    ['de-NA', 'de'],
    ['zh-Hant-TW-x-private', 'zh-Hant'],
    ['tlh, pt-BR;q=0.2', 'pt-BR'],
    ['de;q=0, fr;q=0', 'en'],
    ['*', 'en'],
    ['"><script>', 'en'],
    ['de_DE', 'en'],
    ['x'.repeat(300), 'en'],
    ['a-'.repeat(40), 'en'],
  ])('%j is %s', (header, expected) => {
    expect(languages.pick(header)).toBe(expected);
    // remembered
    expect(languages.pick(header)).toBe(expected);
  });
});

it('reads 1,024 characters', () => {
  const languages = new Languages();
  expect(languages.pick(`${'xx,'.repeat(330)}fr`)).toBe('fr');
  expect(languages.pick(`${'xx,'.repeat(342)}fr`)).toBe('en');
});

describe("an application's own languages", () => {
  const languages = new Languages(['nl', 'de-AT', 'de-CH', 'en']);

  it.each([
    [undefined, 'nl'],
    ['fr, it;q=0.5', 'nl'],
    ['de', 'de-AT'],
    ['de-DE', 'de-AT'],
    ['de-ch', 'de-CH'],
    ['en-GB, de;q=0.5', 'en'],
  ])('%j is %s', (header, expected) => {
    expect(languages.pick(header)).toBe(expected);
  });
});

describe('a language that is written in several scripts', () => {
  it.each([
    [['zh-Hans', 'zh-Hant'], 'zh-TW,zh;q=0.9', 'zh-Hant'],
    [['zh-Hans', 'zh-Hant'], 'zh-CN', 'zh-Hans'],
    [['zh-Hant', 'zh-Hans'], 'zh-SG', 'zh-Hans'],
    [['zh-Hant', 'zh-Hans'], 'zh', 'zh-Hans'],
    [['zh-CN', 'zh-TW'], 'zh-Hant-HK', 'zh-TW'],
    [['zh-TW', 'zh-CN'], 'zh-Hans', 'zh-CN'],
    [['zh', 'zh-Hant'], 'zh-HK', 'zh-Hant'],
    [['zh', 'en'], 'zh-TW', 'zh'],
    [['en', 'sr', 'sr-Latn'], 'sr-ME', 'sr-Latn'],
    [['en', 'sr', 'sr-Latn'], 'sr-RS', 'sr'],
    [['en', 'sr'], 'sr-Latn', 'sr'],
    [['de-AT', 'de'], 'de-CH', 'de'],
    [['zh-Hans', 'zh-Hant'], 'zh-x', 'zh-Hans'],
  ])('of %j, %j gets %s', (languages, header, expected) => {
    expect(new Languages(languages).pick(header)).toBe(expected);
  });

  it('may have the text for everybody else in one of them', () => {
    const languages = new Languages(['', 'zh-Hant'], 'zh-CN');
    expect(['zh-TW', 'zh-CN', 'zh', 'fr'].map((header) => languages.pick(header))).toEqual([
      'zh-Hant',
      '',
      '',
      '',
    ]);
  });
});

it('the parsed part of a header is bounded, however long it is', () => {
  const parsed: number[] = [];
  const { languages } = Negotiator.prototype;
  vi.spyOn(Negotiator.prototype, 'languages').mockImplementation(function (this: unknown, ...given) {
    const { headers } = (this as { request: { headers: Record<string, string> } }).request;
    parsed.push(headers['accept-language']?.length ?? 0);
    return languages.apply(this, given);
  });
  for (const unit of [',', 'de,', 'x'.repeat(900) + ',', 'de;q=0.1,', '-', 'x']) {
    new Languages().pick(unit.repeat(15_000 / unit.length));
  }
  expect(parsed).toHaveLength(6);
  expect(Math.max(...parsed)).toBeLessThanOrEqual(1_024);
});

it('invented languages map to a limited number of formatters', () => {
  const languages = new Languages();
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const invented = Array.from({ length: 20_000 }, (_, index) => {
    const letter = (place: number): string => letters[Math.floor(index / 26 ** place) % 26] ?? '';
    const language = letter(0) + letter(1) + (index % 3 === 0 ? '' : letter(2));
    return `${language}-${['Latn', 'Cyrl', 'Arab'][index % 3]}-${letter(2)}${letter(0)}-v${1_000 + index}`.toUpperCase();
  });
  const { DateTimeFormat } = Intl;
  let made = 0;
  vi.spyOn(Intl, 'DateTimeFormat').mockImplementation(function (...given) {
    made++;
    return new DateTimeFormat(...given);
  } as typeof DateTimeFormat);
  const picked = new Set<string>();
  for (const round of [1, 2]) {
    for (const header of invented) {
      const language = languages.pick(header);
      picked.add(language);
      expect(pageLanguage(language).formatUtc(new Date(round * 86_400_000 + picked.size))).toContain('UTC');
    }
  }
  expect(picked.size).toBeGreaterThan(20);
  expect(picked.size).toBeLessThan(150);
  expect(made).toBeLessThanOrEqual(picked.size);
});
