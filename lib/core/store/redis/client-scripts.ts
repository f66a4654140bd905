import type { RedisClient, RedisCommand } from './redis-client.js';
import * as scripts from './redis-scripts.generated.js';

/** Names a script of scripts/. */
export type ScriptName = keyof typeof scripts;

/** The name of a script on the client: a command of the client's own, sent by EVALSHA once the server has it. */
const commandOf = (script: string): string => `maintenance:${script.toLowerCase()}`;

/** Makes all scripts known to a client. */
export function defineScripts(client: RedisClient): void {
  for (const [name, lua] of Object.entries(scripts)) {
    client.defineCommand(commandOf(name), { lua });
  }
}

/** Calls a script on a client that knows it. */
export function callScript(
  client: RedisClient,
  script: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const command = (client as unknown as Record<string, RedisCommand>)[commandOf(script)] as RedisCommand;
  return command.call(client, keys.length, ...keys, ...args);
}
