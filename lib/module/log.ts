import { Logger } from '@nestjs/common';

const logger = new Logger('Maintenance');

export const log = (message: string): void => logger.log(message);
export const warn = (message: string): void => logger.warn(message);
export const error = (message: string): void => logger.error(message);
