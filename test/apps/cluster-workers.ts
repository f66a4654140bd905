// A primary of node:cluster with two workers, each an application whose state is in its memory; they print what they log.
import cluster from 'node:cluster';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceModule } from 'nestjs-maintenance';

@Module({ imports: [MaintenanceModule.forRoot({ socket: false, admin: false })] })
class AppModule {}

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  const app = await NestFactory.createApplicationContext(AppModule);
  await app.close();
  cluster.worker?.disconnect();
}
