import { isIP } from 'node:net'

const loopbackNames = new Set(['localhost', '127.0.0.1', '::1'])
export const isLoopback = (host: string): boolean => loopbackNames.has(host) || /^127\.\d+\.\d+\.\d+$/.test(host)

/**
 * Which Host headers a server answers. On loopback a page from elsewhere could reach it under a name of its own (DNS rebinding), so
 * only loopback's names pass, and the one that the operator gave the server; on another address the operator's network decides.
 */
export function hostAllowed(bound: string, header: string | undefined, publicUrl: string | null): boolean {
  if (!isLoopback(bound)) return true
  if (header === undefined) return false
  if (publicUrl !== null && header.toLowerCase() === new URL(publicUrl).host) return true
  const name = header
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return loopbackNames.has(name) || (isIP(name) === 4 && isLoopback(name))
}
