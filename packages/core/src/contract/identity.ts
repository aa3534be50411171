import { z } from 'zod'
import { roles } from '../access/index.js'
import { studyView } from './study.js'

export const signInRequest = z
  .strictObject({ user: z.string().min(1).max(128), password: z.string().min(1).max(1024) })
  .meta({ id: 'SignIn' })
export type SignInRequest = z.infer<typeof signInRequest>

export const signInWays = z
  .object({
    password: z.boolean(),
    provider: z
      .object({ issuer: z.string(), authorizationEndpoint: z.string(), clientId: z.string(), scope: z.string() })
      .nullable()
      .describe('where people sign in by authorization code with PKCE S256'),
  })
  .meta({ id: 'SignInWays' })
export type SignInWays = z.infer<typeof signInWays>

export const codeSignIn = z
  .strictObject({
    code: z.string().min(1).max(4096),
    verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/),
    redirectUri: z.url().max(2000),
  })
  .meta({ id: 'CodeSignIn', description: 'A code of the outside provider, exchanged by the server' })
export type CodeSignIn = z.infer<typeof codeSignIn>

export const confirmationStart = z
  .object({
    authorizationEndpoint: z.string(),
    clientId: z.string(),
    scope: z.string(),
    nonce: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({
    id: 'ConfirmationStart',
    description: 'Where a person proves once more who he is: send him there with this nonce, prompt=login, max_age=0 and PKCE S256',
  })
export type ConfirmationStart = z.infer<typeof confirmationStart>
export const confirmationCode = codeSignIn
  .extend({ nonce: z.string().min(1).max(128) })
  .meta({ id: 'ConfirmationCode', description: 'The code that he came back with' })
export type ConfirmationCode = z.infer<typeof confirmationCode>
export const confirmationTicket = z
  .object({ ticket: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: 'ConfirmationTicket', description: 'Stands for the password in one signature' })
export type ConfirmationTicket = z.infer<typeof confirmationTicket>

/** How a signer shows once more who he is. */
export const signingProof = {
  password: z.string().min(1).max(1024).optional().describe('the signer’s own, asked again'),
  ticket: z.string().min(1).max(64).optional().describe('where an outside provider signs people in: of one confirmation, holds once'),
}
export const givesOneProof = (given: { password?: string | undefined; ticket?: string | undefined }): boolean =>
  (given.password === undefined) !== (given.ticket === undefined)
export const oneProof = 'Give either password or ticket.'

export const me = z
  .object({
    user: z.string(),
    name: z.string(),
    role: z.enum(roles),
    studies: z.array(studyView),
    sites: z.array(z.string()).describe('empty: all sites of the studies'),
    patient: z.string().nullable(),
    rights: z.array(z.string()).describe('what the role may do outside FHIR under the role policy in force'),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Me', description: 'Who the token stands for and what it reaches' })
export type Me = z.infer<typeof me>

export const signedIn = z
  .object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.number().int(), me })
  .meta({ id: 'SignedIn' })
export type SignedIn = z.infer<typeof signedIn>

export const tokenRequest = z
  .strictObject({
    role: z.enum(roles),
    user: z.string().min(1).max(128).optional(),
    studies: z.array(z.string()).max(1000).optional(),
    sites: z.array(z.string()).max(1000).optional(),
    patient: z.string().max(128).optional(),
    ttlS: z
      .number()
      .int()
      .min(1)
      .max(366 * 86_400)
      .optional(),
    requestedBy: z.string().min(1).max(64).describe('the operating-system user who asks'),
  })
  .meta({ id: 'TokenRequest', description: 'Minting on the server’s own machine, proven by the local-admin secret' })
export type TokenRequest = z.infer<typeof tokenRequest>

export const mintedToken = z
  .object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.number().int() })
  .meta({ id: 'MintedToken' })
export type MintedToken = z.infer<typeof mintedToken>
