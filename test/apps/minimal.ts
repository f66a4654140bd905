// The smallest application in a process of its own: it proves that injection by type and calls work there.
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { answer } from '../support/answer.js';

@Injectable()
class Greeter {
  greet(name: string): string {
    return `Hello, ${name}`;
  }
}

@Controller()
class GreeterController {
  constructor(private readonly greeter: Greeter) {}

  @Get()
  index(): string {
    return this.greeter.greet(process.env.GREETED ?? 'you');
  }
}

@Module({ providers: [Greeter], controllers: [GreeterController] })
class GreeterModule {}

const app = await NestFactory.create(GreeterModule, { logger: false });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;

answer(
  {
    greet: (name: string) => app.get(Greeter).greet(name),
    fail: () => {
      throw new TypeError('on purpose');
    },
    leave: () => setImmediate(() => process.exit(3)) && 'bye',
  },
  { port },
);
