import {
  describeValue,
  UnknownMaintenanceKeyError,
  type MaintenanceError,
} from '../../core/errors/errors.js';
import { isHiddenKey } from '../../core/keys/key-registry.js';
import { answerFor, errorJson, type LogWrite, type MaintenanceErrorJson } from './error-answer.js';

/** Like {@link answerFor}, for anybody: keys with `public: false` are not named. */
export function visitorAnswerFor(error: MaintenanceError, log: LogWrite): MaintenanceErrorJson | undefined {
  if (error instanceof UnknownMaintenanceKeyError) {
    const known = error.known.filter((name) => !isHiddenKey(name)).map((name) => `"${name}"`);
    return errorJson(
      404,
      `Unknown maintenance key ${describeValue(error.key)}; registered: ${known.join(', ')}.`,
      { code: error.code },
    );
  }
  const answer = answerFor(error, log);
  const { key } = error as { key?: unknown };
  return answer && typeof key === 'string' && isHiddenKey(key)
    ? { ...answer, message: answer.message.replaceAll(` "${key}"`, '') }
    : answer;
}
