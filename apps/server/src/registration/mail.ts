import { createTransport } from 'nodemailer'
import type { Carrier } from './delivery.js'

const timeoutMs = 20_000
const isLoopback = (host: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(host)

/** Letters as plain mail. Beyond the machine itself nothing is said before the line is encrypted. */
export function openMail({ url, from }: { url: string; from: string }): Carrier {
  const { hostname, port, protocol, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const transport = createTransport({
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(port || (secure ? 465 : 587)),
    secure,
    requireTLS: !secure && !isLoopback(hostname),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async carry({ id, to, subject, text, language }) {
      await transport.sendMail({
        from,
        // As an object the address is never read as a list of several.
        to: { name: '', address: to },
        subject,
        text,
        // The same for every attempt, so that a mailbox shows one.
        messageId: `<${id.replaceAll('/', '.')}@aquifer>`,
        headers: { 'Content-Language': language, 'Auto-Submitted': 'auto-generated' },
      })
    },
  }
}
