import 'reflect-metadata';

/** What `@ApiExcludeController()` of @nestjs/swagger sets; written by hand, since that package may not be installed. */
const EXCLUDED = 'swagger/apiExcludeController';

/** Keeps a controller out of the application's OpenAPI document. */
export const ExcludeFromOpenApi = (): ClassDecorator => (target) =>
  Reflect.defineMetadata(EXCLUDED, [true], target);
