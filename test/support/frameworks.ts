import { createRequire } from 'node:module';
import type express from 'express';
import type { fastify } from 'fastify';

/** As the Nest in use has them: an application of the other copy is none of its own. */
const require = createRequire(
  new URL(process.env.NEST_MAJOR === '11' ? '../matrix/nest-11/index.js' : '../../index.js', import.meta.url),
);

export const createExpress = require('express') as typeof express;
export const createFastify = (require('fastify') as { fastify: typeof fastify }).fastify;
