import { get, type Row } from '../corpus.js';

const HTML = '<!doctype html>';
const JSON_BODY = '"maintenanceMode":true';
const row = (accept: string, holds: string, why: string): Row => ({
  name: `Accept: ${accept.slice(0, 50)}`,
  send: get('/api/x', `Accept: ${accept}`),
  status: 503,
  holds,
  why,
});

/** Whatever is asked for, the answer is a 503 in one of three forms. */
export const accept: Row[] = [
  {
    name: 'no Accept',
    send: get('/api/x'),
    status: 503,
    holds: JSON_BODY,
    why: 'JSON for who asks for nothing',
  },
  row('', JSON_BODY, 'empty counts as absent'),
  row('*/*', JSON_BODY, 'anything is JSON'),
  row('text/html', HTML, 'named'),
  row('TEXT/HTML', HTML, 'types are case-insensitive'),
  row('text/html;q=0', JSON_BODY, 'refused by the visitor'),
  row('text/html;q=0.1, application/json;q=0.2', JSON_BODY, 'ranked below JSON'),
  row('application/json;q=0.1, text/html;q=0.2', HTML, 'ranked above JSON'),
  row('application/json, text/html', HTML, 'the same weight: not below'),
  row('application/xhtml+xml', HTML, 'a name of HTML'),
  row('text/*', JSON_BODY, 'HTML is not named'),
  row('application/problem+json', '"status":503', 'named'),
  row('image/png', JSON_BODY, 'nothing that can be made: JSON'),
  row(';;;,,,///', JSON_BODY, 'malformed counts as absent'),
  row('text/html;q=banana', JSON_BODY, 'an invalid weight removes its type'),
  row('text/html;q=-1', JSON_BODY, 'a weight below nothing is nothing'),
  row(`text/html;q=1;${'a=1;'.repeat(1_000)}`, HTML, 'what stands after the weight says nothing of the type'),
  row(Array.from({ length: 800 }, (_, index) => `a/b${index}`).join(','), JSON_BODY, 'many types'),
  row(','.repeat(15_000), JSON_BODY, 'commas are nothing, and are read up to 1,024 characters'),
  row('text/html;q=0.5,'.repeat(937), HTML, 'the first 1,024 characters say what is wanted'),
  row(`${'a/b,'.repeat(3_700)}text/html`, JSON_BODY, 'what stands behind them is not read'),
  row(`text/html${';'.repeat(14_900)}`, HTML, 'empty parameters'),
  row(`text/html;${' '.repeat(14_900)}q`, HTML, 'blanks before a parameter'),
  row('"text/html"', JSON_BODY, 'quoted is another name'),
  row('__proto__/constructor', JSON_BODY, 'a type names no property'),
  {
    name: 'two Accept headers',
    send: get('/api/x', 'Accept: application/json;q=0.1', 'Accept: text/html'),
    status: 503,
    holds: HTML,
    why: 'joined as one list',
  },
];
