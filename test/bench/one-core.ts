import { execFileSync } from 'node:child_process';
import { findCommand } from '../support/tools.mjs';

const taskset = findCommand('taskset');
const chrt = findCommand('chrt');

/**
 * Does work while this process, and those that it starts meanwhile, share one core, and none of them interrupts another: load
 * and server take turns, each until it has nothing left to do. Otherwise it is chance how many requests the server finds each
 * time it wakes, and that costs more than what is measured. Where the tools for it are missing the work is done as it is.
 * @param which of the cores that this process may use
 */
export async function onOneCore<Result>(
  work: () => Promise<Result>,
  which: 'first' | 'last' = 'last',
): Promise<Result> {
  if (!taskset || !chrt) {
    console.error('taskset and chrt (util-linux) are not there: figures will scatter');
    return work();
  }
  const self = String(process.pid);
  const keep = (list: string, policy: string): void => {
    execFileSync(taskset, ['--all-tasks', '--cpu-list', '--pid', list, self], { stdio: 'ignore' });
    execFileSync(chrt, ['--all-tasks', policy, '--pid', '0', self], { stdio: 'ignore' });
  };
  const affinity = execFileSync(taskset, ['--cpu-list', '--pid', self], { encoding: 'utf8' });
  const cores = affinity.split(': ')[1]?.trim() ?? '0';
  keep((which === 'first' ? /^\d+/ : /\d+$/).exec(cores)?.[0] ?? '0', '--batch');
  try {
    return await work();
  } finally {
    keep(cores, '--other');
  }
}
