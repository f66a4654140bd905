import { CliError, EXIT } from '../exit.js';

/** A change for which a key has to be switched on already. */
export const notSwitchedOn = (key: string): CliError =>
  new CliError(
    EXIT.failed,
    `Key "${key}" is not switched on; nothing was changed. If a job keeps it on, this keeps it on longer: on ${key} until 14:30. A planned window is changed with: schedule ${key} --change <window>.`,
    'CLI_NOT_ON',
  );

/** The answer of the admin API, which suggests to programs what to send instead. */
export async function unlessOff<T>(key: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof CliError && error.code === 'MAINTENANCE_NOT_ON' ? notSwitchedOn(key) : error;
  }
}
