import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface MailSink {
  url: string
  mails: { to: string[]; text: string }[]
  /** codes with which the next mails are refused */
  refusals: string[]
  close(): Promise<void>
}

/** As much of SMTP as it takes to be handed a mail. */
export async function openMailSink(onMail: () => void): Promise<MailSink> {
  const mails: MailSink['mails'] = []
  const refusals: string[] = []
  const server: Server = createServer((socket) => {
    let pending = ''
    let data: string[] | null = null
    let to: string[] = []
    const say = (line: string): void => void socket.write(`${line}\r\n`)
    const line = (text: string): void => {
      if (data !== null) {
        if (text !== '.') data.push(text)
        else {
          mails.push({ to, text: data.join('\n') })
          data = null
          say('250 taken')
          onMail()
        }
      } else if (/^EHLO|^HELO/i.test(text)) say('250 sink')
      else if (/^RCPT/i.test(text)) {
        const refusal = refusals.shift()
        to.push(/<([^>]*)>/.exec(text)?.[1] ?? '')
        say(refusal ?? '250 ok')
      } else if (/^MAIL/i.test(text)) {
        to = []
        say('250 ok')
      } else if (/^DATA/i.test(text)) {
        data = []
        say('354 go on')
      } else if (/^QUIT/i.test(text)) {
        say('221 bye')
        socket.end()
      } else say('250 ok')
    }
    socket.on('error', () => undefined)
    socket.on('data', (part) => {
      pending += part.toString()
      for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
        const text = pending.slice(0, end)
        pending = pending.slice(end + 2)
        line(text)
      }
    })
    say('220 sink')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    refusals,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
