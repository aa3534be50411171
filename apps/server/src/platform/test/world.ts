import { rm } from 'node:fs/promises'
import type { Pool } from 'pg'
import type { Role } from '@aquifer/core/access'
import { consentStatusUrl, consentTypeSystem, type ConsentStatus } from '@aquifer/core/consent'
import type { StudyRequest } from '@aquifer/core/study'
import { isRefusal } from '@aquifer/core/refusal'
import { readConfig } from '../../config/index.js'
import type { Clock } from '../../storage/index.js'
import { preparedDataDir } from '../../storage/test/database.js'
import { openPlatform, type Platform } from '../../platform.js'

export type Json = Record<string, unknown>
export interface Sent {
  status: number
  headers: Record<string, string>
  text: string
  json: Json
}
export interface Request {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  token?: string | null
  body?: unknown
  headers?: Record<string, string>
}

/** A real platform on a folder of its own, asked through its HTTP edge. */
export interface World {
  readonly platform: Platform
  clock: Clock & { at: number | null }
  send(request: Request): Promise<Sent>
  fhir(
    method: NonNullable<Request['method']>,
    path: string,
    token: string | null,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Sent>
  token(role: Role, studies?: readonly string[], more?: { sites?: readonly string[]; patient?: string }): Promise<string>
  study(request: Partial<StudyRequest> & { id: string }): Promise<void>
  /** The database as whoever may do anything to it sees it. */
  owner(): Pool
  /** Closes the platform and opens another on the same folder, perhaps in other roles. */
  restart(roles?: string): Promise<void>
  close(): Promise<void>
}

export async function openPlatformWorld(
  options: { roles?: string; settings?: Record<string, string>; importSilenceMs?: number } = {},
): Promise<World> {
  const dataDir = await preparedDataDir()
  const config = readConfig(
    { AQUIFER_LOG_LEVEL: 'silent', ...options.settings },
    { data: dataDir, port: '0', roles: options.roles ?? 'api' },
  )
  if ('faults' in config) throw new Error(config.faults.join())
  const clock = { at: null as number | null, now: (): number => clock.at ?? Date.now() }
  const otherwise = { clock, ...(options.importSilenceMs === undefined ? {} : { importSilenceMs: options.importSilenceMs }) }
  let platform = await openPlatform(config, otherwise)

  async function send(request: Request): Promise<Sent> {
    const isRaw = typeof request.body === 'string' || Buffer.isBuffer(request.body)
    const payload = request.body === undefined ? undefined : isRaw ? (request.body as string | Buffer) : JSON.stringify(request.body)
    const answer = await platform.app.inject({
      method: request.method ?? 'GET',
      url: request.path,
      headers: {
        ...(request.token ? { authorization: `Bearer ${request.token}` } : {}),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(payload === undefined ? {} : { payload }),
    })
    const isJson = /\bjson|\+json/.test(answer.headers['content-type'] ?? '') && answer.body !== ''
    return {
      status: answer.statusCode,
      headers: answer.headers as Record<string, string>,
      text: answer.body,
      json: isJson ? (JSON.parse(answer.body) as Json) : {},
    }
  }
  return {
    get platform() {
      return platform
    },
    clock,
    send,
    fhir: (method, path, token, body, headers = {}) =>
      send({
        method,
        path: `/fhir-server/api/v1${path}`,
        token,
        body,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json+fhir' }), ...headers },
      }),
    async token(role, studies, more = {}) {
      const session = await platform.identity.mint({
        role,
        requestedBy: 'tests',
        ...(studies === undefined ? {} : { studies: [...studies] }),
        ...(more.sites === undefined ? {} : { sites: [...more.sites] }),
        ...(more.patient === undefined ? {} : { patient: more.patient }),
      })
      if (isRefusal(session)) throw new Error(session.detail)
      return session.token
    },
    async study(request) {
      const made = await platform.studies.create({ name: request.id, ...request })
      if (isRefusal(made)) throw new Error(made.detail)
    },
    owner: () => platform.postgres.pool('owner', { max: 2 }),
    async restart(roles) {
      await platform.close()
      platform = await openPlatform(roles === undefined ? config : { ...config, roles: roles.split(',') as typeof config.roles }, otherwise)
    },
    async close() {
      await platform.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

// ---- resources of a small world
export const patient = (id: string, more: Json = {}): Json => ({
  resourceType: 'Patient',
  id,
  gender: 'female',
  birthDate: '1970-02-03',
  ...more,
})
export const weight = (id: string, patientId: string, value = 70): Json => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference: `Patient/${patientId}` },
  effectiveDateTime: '2026-01-02',
  valueQuantity: { value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
})
export function contract(
  id: string,
  patientId: string,
  study: string,
  status: ConsentStatus = 'active',
  more: { type?: string; start?: string; end?: string } = {},
): Json {
  return {
    resourceType: 'Contract',
    id,
    extension: [
      { url: consentStatusUrl, valueString: status },
      { url: 'urn:aquifer:study-id', valueString: study },
    ],
    applies: { start: more.start ?? '2020-01-01', ...(more.end === undefined ? {} : { end: more.end }) },
    subject: [{ reference: `Patient/${patientId}` }],
    type: { coding: [{ system: consentTypeSystem, code: more.type ?? 'share-data' }] },
  }
}
export const bundleOf = (type: 'transaction' | 'batch', ...resources: Json[]): Json => ({
  resourceType: 'Bundle',
  type,
  entry: resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${String(resource['resourceType'])}/${String(resource['id'])}` },
  })),
})
