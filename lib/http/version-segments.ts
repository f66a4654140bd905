import { VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { VERSION_METADATA } from '@nestjs/common/constants.js';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import 'reflect-metadata';

/** The first segments that URI versioning puts before the application's routes, such as `v1`, in lower case. */
export function versionSegments(config: ApplicationConfig, modules: ModulesContainer): ReadonlySet<string> {
  const found = new Set<string>();
  const versioning = config.getVersioning();
  if (versioning?.type !== VersioningType.URI) {
    return found;
  }
  const { prefix = 'v', defaultVersion } = versioning;
  const add = (versions: unknown): void => {
    for (const version of [versions].flat()) {
      if (version !== undefined && version !== VERSION_NEUTRAL) {
        found.add(`${prefix === false ? '' : prefix}${String(version)}`.toLowerCase());
      }
    }
  };
  add(defaultVersion);
  for (const { controllers } of modules.values()) {
    for (const { metatype } of controllers.values()) {
      add(metatype && Reflect.getMetadata(VERSION_METADATA, metatype));
      methodsOf(metatype).forEach((method) => add(Reflect.getMetadata(VERSION_METADATA, method)));
    }
  }
  return found;
}

function methodsOf(cls: unknown): object[] {
  const methods: object[] = [];
  let prototype = (cls as { prototype?: object | null } | null)?.prototype;
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
