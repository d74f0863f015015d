import dns from 'node:dns'
import net from 'node:net'

// Every test runs with this: whatever would leave this machine is an error where it is tried, in the mock and in the tests.
const HOME = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)?$/

function stay(host: string): void {
  if (!HOME.test(host)) throw new Error(`${host} was asked for, which is not this machine`)
}

const connect: Function = Reflect.get(net.Socket.prototype, 'connect')
net.Socket.prototype.connect = function (this: net.Socket, ...args: any[]): net.Socket {
  const [options, second] = Array.isArray(args[0]) ? args[0] : args // Node's own callers give what they have normalized
  stay(typeof options === 'object' ? (options.host ?? '') : typeof second === 'string' ? second : '')
  return Reflect.apply(connect, this, args)
}

const { lookup } = dns
dns.lookup = Object.assign((host: string, ...rest: any[]): void => {
  stay(host)
  Reflect.apply(lookup, dns, [host, ...rest])
}, lookup)
