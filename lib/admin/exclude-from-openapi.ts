import 'reflect-metadata';

/** What `@ApiExcludeController()` of @nestjs/swagger leaves; written by hand, since that package is the application's to have. */
const EXCLUDED = 'swagger/apiExcludeController';

/** Keeps a controller out of the application's OpenAPI document. */
export const ExcludeFromOpenApi = (): ClassDecorator => (target) =>
  Reflect.defineMetadata(EXCLUDED, [true], target);
