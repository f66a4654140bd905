/** Helmet's middleware, whole or by the piece, and what its plugin adds to Fastify. */
const NAMES: ReadonlySet<string> = new Set([
  'helmetMiddleware',
  'contentSecurityPolicyMiddleware',
  'crossOriginEmbedderPolicyMiddleware',
  'crossOriginOpenerPolicyMiddleware',
  'crossOriginResourcePolicyMiddleware',
  'originAgentClusterMiddleware',
  'referrerPolicyMiddleware',
  'strictTransportSecurityMiddleware',
  'xContentTypeOptionsMiddleware',
  'xDnsPrefetchControlMiddleware',
  'xDownloadOptionsMiddleware',
  'xFrameOptionsMiddleware',
  'xPermittedCrossDomainPoliciesMiddleware',
  'xPoweredByMiddleware',
  'xXssProtectionMiddleware',
  'helmetConfigureReply',
  'helmetApplyHeaders',
]);

export const isHelmet = (name: string): boolean => NAMES.has(name);
