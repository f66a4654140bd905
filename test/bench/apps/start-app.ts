// Prints what starting an application takes: `node start-app.js PROVIDERS KEYS with|without`.
import { Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MaintenanceKey, MaintenanceModule, RegisterMaintenanceKey } from '../../../lib/index.js';

const [providers = 0, keys = 0] = process.argv.slice(2, 4).map(Number);
const withModule = process.argv[4] === 'with';

/** A service of five methods, as an application has them; every tenth brings a key. */
function provider(index: number): Type {
  @Injectable()
  class Service {
    readonly index = index;
    find(): number {
      return index;
    }
    create(): void {}
    update(): void {}
    remove(): void {}
    count(): number {
      return index;
    }
  }
  if (index % 10 === 0) {
    class WithKey extends Service {
      maintenanceKey(): MaintenanceKey {
        return new MaintenanceKey(`of-service-${index}`);
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(WithKey.prototype, 'maintenanceKey');
    (RegisterMaintenanceKey() as MethodDecorator)(WithKey.prototype, 'maintenanceKey', descriptor as never);
    Injectable()(WithKey);
    return WithKey;
  }
  return Service;
}

@Module({
  imports: withModule
    ? [
        MaintenanceModule.forRoot({
          socket: false,
          admin: false,
          keys: Array.from({ length: keys }, (_, index) => new MaintenanceKey(`key-${index}`)),
        }),
      ]
    : [],
  providers: Array.from({ length: providers }, (_, index) => provider(index)),
})
class AppModule {}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

const before = process.cpuUsage();
const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
await app.init();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpu: (user + system) / 1000, heap: heap() }));
await app.close();
process.exit();
