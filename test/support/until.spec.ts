import { BehaviorSubject, EMPTY } from 'rxjs';
import { expect, it } from 'vitest';
import { nextChange, until } from './until.js';

it('until resolves with the first truthy answer', async () => {
  let asked = 0;
  expect(await until(() => ++asked === 3 && 'yes')).toBe('yes');
});

it('until reports what it waited for and what it saw last', async () => {
  await expect(until(() => 0, { timeout: 20, what: 'a miracle' })).rejects.toThrow(
    'Waited 20 ms for a miracle; last answer: 0',
  );
  const broken = () => Promise.reject(new Error('not there'));
  await expect(until(broken, { timeout: 20 })).rejects.toThrow('last error: Error: not there');
});

it('nextChange resolves with the requested value, or lists the others', async () => {
  const source = new BehaviorSubject(1);
  const wanted = nextChange(source, (value) => value > 2);
  source.next(2);
  source.next(3);
  expect(await wanted).toBe(3);
  expect(await nextChange(source)).toBe(3);
  await expect(nextChange(source, (value) => value > 3, 20)).rejects.toThrow('No such change; seen: [ 3 ]');
  await expect(nextChange(EMPTY)).rejects.toThrow('No such change; seen: []');
});
