// Prints what starting an application takes, the library as it is packed: `node start-app.js PROVIDERS KEYS KIND`.
import { Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const [providers = 0, keys = 0] = process.argv.slice(2, 4).map(Number);
const kind = process.argv[4] ?? '';
/** `default` or not: `bare` is without socket and admin page, `without` without the module, `keyed` bare with a key by each provider. */
const everyKeyed = kind.endsWith('keyed');
const without = kind.startsWith('without');

const packed = new URL('../../../../../dist/index.js', import.meta.url).href;
const { MaintenanceKey, MaintenanceModule, RegisterMaintenanceKey } =
  // only its place is another
  (await import(packed)) as typeof import('../../../lib/index.js');

/** A service of five methods, as an application has them; every tenth, or each, brings a key. */
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
  if (everyKeyed || index % 10 === 0) {
    class WithKey extends Service {
      maintenanceKey(): unknown {
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
  imports: without
    ? []
    : [
        MaintenanceModule.forRoot({
          ...(kind !== 'default' && { socket: false, admin: false }),
          keys: Array.from({ length: keys }, (_, index) => new MaintenanceKey(`key-${index}`)),
        }),
      ],
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
