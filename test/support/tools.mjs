import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Tool
 * @property {string[]} commands names it goes by, the preferred one first
 * @property {string} [env] variable that may hold its path
 * @property {string[]} packages Debian packages that bring it; of several names with `|` between them, the first that is known
 * @property {boolean} [named] only for who names it to the set-up
 */

/** What the tests need beside Node. A new entry here is found and installed like the others. */
export const tools = /** @satisfies {Record<string, Tool>} */ ({
  redis: {
    commands: ['redis-server', 'valkey-server'],
    env: 'REDIS_SERVER',
    packages: ['redis-server'],
  },
  chromium: {
    // the first one is Chromium without a desktop's browser around it: a page takes a third of the time
    commands: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'],
    env: 'CHROMIUM',
    packages: ['chromium-headless-shell|chromium', 'fonts-liberation'],
  },
  faketime: { commands: ['faketime'], packages: ['faketime'] },
  spin: { commands: ['spin'], packages: ['spin'], named: true },
  cc: { commands: ['cc', 'gcc', 'clang'], packages: ['gcc', 'libc6-dev'], named: true },
  rabbitmq: { commands: ['rabbitmq-server'], env: 'RABBITMQ_SERVER', packages: ['rabbitmq-server'] },
  mosquitto: { commands: ['mosquitto'], env: 'MOSQUITTO', packages: ['mosquitto'] },
  nats: { commands: ['nats-server'], env: 'NATS_SERVER', packages: ['nats-server'] },
  kcat: { commands: ['kcat', 'kafkacat'], env: 'KCAT', packages: ['kcat'] },
  bash: { commands: ['bash'], packages: ['bash'] },
  zsh: { commands: ['zsh'], packages: ['zsh'] },
  fish: { commands: ['fish'], packages: ['fish'] },
  script: { commands: ['script'], packages: ['bsdutils'] },
  nginx: { commands: ['nginx'], env: 'NGINX', packages: ['nginx-light'] },
});

const usual = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin'];

/**
 * The path of a command, looked for in PATH and then where Debian puts things.
 * @param {string} command
 * @returns {string | undefined}
 */
export function findCommand(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...usual];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

/**
 * The path of a tool: what its variable says, else the first of its names that exists.
 * @param {keyof typeof tools} name
 * @returns {string | undefined}
 */
export function findTool(name) {
  /** @type {Tool} */
  const tool = tools[name];
  const named = tool.env && process.env[tool.env];
  if (named) return isExecutable(named) ? named : undefined;
  return tool.commands.map(findCommand).find((path) => path !== undefined);
}

/**
 * The path of a tool that the set-up has seen to.
 * @param {keyof typeof tools} name
 * @returns {string}
 */
export function requireTool(name) {
  const path = findTool(name);
  if (!path) throw new Error(`${tools[name].commands[0]} is not installed: run \`npm run setup\``);
  return path;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
