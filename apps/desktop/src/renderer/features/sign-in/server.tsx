import { useEffect, useState } from 'react'
import { Pencil } from 'lucide-react'
import { Dialog, DialogTrigger, Popover } from 'react-aria-components'
import type { AppInfo } from '../../../bridge/channels.js'
import { Button, IconButton } from '../../ui/Button.js'
import { TextField } from '../../ui/fields.js'

export function useAppInfo(): AppInfo | null {
  const [info, setInfo] = useState<AppInfo | null>(null)
  useEffect(() => {
    void window.aquifer?.invoke('app.info', undefined).then(setInfo)
  }, [])
  return info
}

/** In a browser the page's own origin; in the desktop program the server it was told, which can be changed here. */
export function useServerAddress(): { address: string; use?: (text: string) => Promise<void> } {
  const [address, setAddress] = useState(window.aquifer ? 'http://127.0.0.1:8080' : location.origin)
  useEffect(() => {
    void window.aquifer?.invoke('server.address', undefined).then(setAddress)
  }, [])
  if (!window.aquifer) return { address }
  return {
    address,
    use: async (text) => setAddress(await window.aquifer!.invoke('server.use', text)),
  }
}

export function ServerAddress({ address, use }: { address: string; use(text: string): Promise<void> }) {
  const [text, setText] = useState(address)
  return (
    <DialogTrigger onOpenChange={() => setText(address)}>
      <IconButton label="Use another server" icon={Pencil} size={14} />
      <Popover className="popover server-popover" placement="bottom end">
        <Dialog aria-label="Server" className="menu">
          {({ close }) => {
            const save = () => void use(text).then(close)
            return (
              <div className="server-form">
                <TextField
                  label="Server"
                  value={text}
                  onChange={setText}
                  onSubmit={save}
                  autoFocus
                  placeholder="https://aquifer.example.org"
                />
                <Button look="primary" onPress={save}>
                  Use this server
                </Button>
              </div>
            )
          }}
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}
