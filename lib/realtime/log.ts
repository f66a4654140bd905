import { Logger } from '@nestjs/common';

const logger = new Logger('Maintenance');

export const warn = (message: string): void => logger.warn(message);
export const logError = (message: string): void => logger.error(message);
