import { VERSION_NEUTRAL, VersioningType, type VersionOptions } from '@nestjs/common';
import { VERSION_METADATA } from '@nestjs/common/constants.js';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import 'reflect-metadata';

/** The first segments that URI versioning puts before the application's routes, such as `v1`; in lower case. */
export function versionSegments(config: ApplicationConfig, modules: ModulesContainer): ReadonlySet<string> {
  const versioning = config.getVersioning();
  if (versioning?.type !== VersioningType.URI) {
    return new Set();
  }
  const { prefix = 'v', defaultVersion } = versioning;
  const declared = [...modules.values()]
    .flatMap(({ controllers }) => [...controllers.values()])
    .flatMap(({ metatype }) => (typeof metatype === 'function' ? [metatype, ...methodsOf(metatype)] : []))
    .map((subject) => Reflect.getMetadata(VERSION_METADATA, subject) as VersionOptions['version']);
  const versions = [defaultVersion, ...declared].flat().filter((version) => version !== undefined);
  return new Set(
    versions
      .filter((version) => version !== VERSION_NEUTRAL)
      .map((version) => `${prefix === false ? '' : prefix}${String(version)}`.toLowerCase()),
  );
}

function methodsOf(cls: object): object[] {
  const methods: object[] = [];
  let prototype = (cls as { prototype?: object | null }).prototype;
  while (prototype && prototype !== Object.prototype) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value === 'function') {
        methods.push(value as object);
      }
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return methods;
}
