import { expect, it } from 'vitest';
import { Child } from './child.js';
import { request } from './http.js';

it('runs a Nest application, with injection by type, in a process of its own', async () => {
  await using child = await Child.start<{ port: number }>('minimal', { env: { GREETED: 'world' } });
  expect(child.pid).not.toBe(process.pid);
  expect((await request(child.facts.port, '/')).text).toBe('Hello, world');
  expect(await child.send('greet', 'Ada')).toBe('Hello, Ada');
});

it('hands errors back by name and message', async () => {
  await using child = await Child.start('minimal');
  await expect(child.send('fail')).rejects.toMatchObject({ name: 'TypeError', message: 'on purpose' });
  await expect(child.send('unheard')).rejects.toThrow('This process has no "unheard"');
});

it('reports an orderly and a sudden end', async () => {
  await using child = await Child.start('minimal');
  expect(await child.send('leave')).toBe('bye');
  expect(await child.ended()).toBe(3);
  await expect(child.send('greet', 'Ada')).rejects.toThrow('The process has ended');

  await using other = await Child.start('minimal');
  other.signal('SIGSTOP');
  const call = other.send('greet', 'Ada');
  await Promise.all([expect(call).rejects.toThrow('The process ended (SIGKILL)'), other.kill()]);
});
