import type { Endpoint } from './endpoints.js'

/** Identity beside sign-in: people, clients, sessions, reviews, and where a client finds the provider. */
export const identityEndpoints = {
  openidConfiguration: {
    method: 'GET',
    path: '/.well-known/openid-configuration',
    system: 'identity',
    summary: 'Where the OpenID provider is and what it can do',
    open: true,
  },
  smartConfiguration: {
    method: 'GET',
    path: '/.well-known/smart-configuration',
    system: 'identity',
    summary: 'The same for SMART clients',
    open: true,
  },
  signOut: {
    method: 'POST',
    path: '/identity/api/v1/sign-out',
    system: 'identity',
    summary: 'End the session of this token',
    status: 204,
  },
} as const satisfies Record<string, Endpoint>
