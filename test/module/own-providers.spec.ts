import { ApplicationConfig, ModuleRef, ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MaintenanceModule } from 'nestjs-maintenance';
import { expect, it, vi } from 'vitest';
import { started } from './started.js';

const OWN = /^(Maintenance(Core)?|Realtime|Gateway|Admin)Module$/;

it('are made by factories: Nest asks for the metadata of every method of a class, which is a large part of a start', async () => {
  await using running = await started({ socket: {}, admin: true });
  const modules = [...running.app.get(ModulesContainer).values()].filter(({ name }) => OWN.test(name));
  expect(modules).toHaveLength(5);
  const classes = modules.flatMap(({ metatype, providers }) =>
    [...providers.values()]
      .filter(({ token }) => ![metatype, ModuleRef, ApplicationConfig].includes(token as never))
      .filter(({ isNotMetatype, inject }) => !isNotMetatype && !inject)
      .map(({ name }) => String(name)),
  );
  // the first two may also be named in decorators of applications, and the last is known by its own
  expect(classes.sort()).toEqual(['MaintenanceExceptionFilter', 'MaintenanceGateway', 'MaintenanceGuard']);
});

it('are not asked for handlers, and neither is what Nest adds to every module', async () => {
  const asked = new Set<unknown>();
  const { hasMetadata } = Reflect;
  const spy = vi.spyOn(Reflect, 'hasMetadata').mockImplementation((key: unknown, target: object) => {
    asked.add(target);
    return hasMetadata(key, target);
  });
  const app = await NestFactory.create(
    { module: class {}, imports: [MaintenanceModule.forRoot({ socket: false, admin: false })] } as never,
    new FastifyAdapter(),
    { logger: false },
  );
  await app.init();
  await app.close();
  spy.mockRestore();
  expect(asked).not.toContain(ApplicationConfig.prototype.getGlobalGuards);
  expect(asked).not.toContain(ModuleRef.prototype.introspect);
  expect(asked.size).toBeGreaterThan(0);
});
