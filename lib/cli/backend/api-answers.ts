import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { AffectedRoutes, ChangeResult } from './backend.js';
import type { HistoryJson, QuietJson, ReplicaJson, WindowJson } from './json.js';

/** Whether JSON is what the admin API responds with, by what every version of it says; something else may be at its address. */
export type Answer<T> = (json: unknown) => json is T;

type Fields = Readonly<Record<string, unknown>>;

const isObject = (json: unknown): json is Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const hasTexts = (json: unknown, ...names: readonly string[]): json is Fields =>
  isObject(json) && names.every((name) => typeof json[name] === 'string');

const listOf =
  <T>(isItem: Answer<T>): Answer<T[]> =>
  (json): json is T[] =>
    Array.isArray(json) && json.every(isItem);

export const isKey: Answer<MaintenanceKeyJson> = (json): json is MaintenanceKeyJson =>
  hasTexts(json, 'name') && typeof json['value'] === 'boolean';

/** There is always one: the general one. */
export const areKeys: Answer<Record<string, MaintenanceKeyJson>> = (
  json,
): json is Record<string, MaintenanceKeyJson> =>
  isObject(json) && Object.keys(json).length > 0 && Object.values(json).every(isKey);

export type ChangedKey = MaintenanceKeyJson & { readonly change: Omit<ChangeResult, 'key'> };

export const isChangedKey: Answer<ChangedKey> = (json): json is ChangedKey =>
  isKey(json) && isObject((json as Partial<ChangedKey>).change);

export const areReplicas = listOf((json): json is ReplicaJson => hasTexts(json, 'id', 'host'));

export const isForgotten: Answer<{ forgotten: true }> = (json): json is { forgotten: true } =>
  isObject(json) && json['forgotten'] === true;

export const areRoutes: Answer<AffectedRoutes> = (json): json is AffectedRoutes =>
  isObject(json) && Array.isArray(json['closes']) && Array.isArray(json['staysOpen']);

export const isHistory = listOf((json): json is HistoryJson => hasTexts(json, 'event', 'key', 'at'));

export const isWindow: Answer<WindowJson> = (json): json is WindowJson =>
  hasTexts(json, 'id', 'key', 'start');

export const areWindows = listOf(isWindow);

/** What is left of a window. */
export type LeftWindow = WindowJson | { readonly cancelled: true };

export const isLeftWindow: Answer<LeftWindow> = (json): json is LeftWindow =>
  isWindow(json) || (isObject(json) && json['cancelled'] === true);

export const isQuiet: Answer<QuietJson> = (json): json is QuietJson =>
  isObject(json) && typeof json['quiet'] === 'boolean' && Array.isArray(json['replicas']);
