import type { ModulesContainer } from '@nestjs/core';
import type { Observable } from 'rxjs';
import type { RpcServer } from './event-server.js';

/** The servers of an application, as they are created; `undefined` if Nest does not announce them: before version 11.1.4. */
export const rpcServers = (modules: ModulesContainer): Observable<RpcServer> | undefined =>
  (modules as Partial<ModulesContainer>).getRpcTargetRegistry?.<RpcServer>();
