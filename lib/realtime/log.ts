import { Logger } from '@nestjs/common';

const logger = new Logger('Maintenance');

export const warn = (message: string): void => logger.warn(message);
