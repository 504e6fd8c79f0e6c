import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An address of the internet that in a namespace of its own is ours to play. */
export const publicV4 = '93.184.216.34';
const deadV6 = '2606:4700::dead';

/** IPv4 works, and every IPv6 address leads into a link that swallows what is sent. `names` have both, IPv6 first. */
export const brokenV6 = (...names: string[]) => `
ip link set lo up
ip addr add ${publicV4}/32 dev lo
ip link add v0 type veth peer name v1
ip link set v0 up; ip link set v1 up
ip -6 addr add 2606:4700::10/64 dev v0 nodad
ip -6 route add 2000::/3 via 2606:4700::1 dev v0
ip -6 neigh add 2606:4700::1 lladdr 02:00:00:00:00:01 dev v0
ip -6 neigh add ${deadV6} lladdr 02:00:00:00:00:01 dev v0
printf '${names.flatMap((name) => [`${deadV6} ${name}`, `${publicV4} ${name}`]).join('\\n')}\\n127.0.0.1 localhost\\n' > "$PLACE/hosts"
mount --bind "$PLACE/hosts" /etc/hosts
`;
export const bothFamilies = [
  { address: deadV6, family: 6 },
  { address: publicV4, family: 4 },
] as const;

/** Ours as well, of the kind nobody outside may be led to. */
export const privateV4 = '10.0.0.9';
/** One public and one private address here, and the names lead to the private one for whoever looks them up again. */
export const rebound = (...names: string[]) => `
ip link set lo up
ip addr add ${publicV4}/32 dev lo
ip addr add ${privateV4}/32 dev lo
printf '${names.map((name) => `${privateV4} ${name}`).join('\\n')}\\n127.0.0.1 localhost\\n' > "$PLACE/hosts"
mount --bind "$PLACE/hosts" /etc/hosts
`;

/**
 * A name service that takes every question and never answers; what stands in the file of hosts is known without it, and
 * leads to {@link publicV4}. The `server` of {@link inNetwork} is that service.
 */
export const deafNames = (...names: string[]) => `
ip link set lo up
ip addr add ${publicV4}/32 dev lo
printf '${names.map((name) => `${publicV4} ${name}`).join('\\n')}\\n127.0.0.1 localhost\\n' > "$PLACE/hosts"
printf 'nameserver ${publicV4}\\n' > "$PLACE/resolv.conf"
mount --bind "$PLACE/hosts" /etc/hosts
mount --bind "$PLACE/resolv.conf" /etc/resolv.conf
`;

/** A second computer at 93.184.217.2 behind the link `v0`; the `server` of {@link inNetwork} runs on it. */
export const neighbour = `
ip link set lo up
unshare -n "$NODE" "$PLACE/server.mjs" & PEER=$!
trap 'kill $PEER' EXIT
for try in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(readlink /proc/$PEER/ns/net)" != "$(readlink /proc/$$/ns/net)" ] && break
  sleep 0.1
done
ip link add v0 type veth peer name v1
ip link set v1 netns $PEER
ip addr add 93.184.217.1/30 dev v0; ip link set v0 up
nsenter -t $PEER -n ip addr add 93.184.217.2/30 dev v1
nsenter -t $PEER -n ip link set v1 up
`;

/** Runs a module in a network namespace of its own, prepared by shell lines; gives what it printed, as JSON. */
export function inNetwork<T>(prepare: string, module: string, server = ''): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'wedops-network-'));
  writeFileSync(join(folder, 'server.mjs'), server);
  writeFileSync(join(folder, 'client.mjs'), module);
  const script = `set -e\n${prepare}\n"$NODE" "$PLACE/client.mjs"`;
  return new Promise<T>((resolve, reject) => {
    const child = spawn('unshare', ['-n', '-m', 'bash', '-c', script], {
      env: { ...process.env, NODE: process.execPath, PLACE: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      errors += String(chunk);
    });
    child.once('close', (code) => {
      rmSync(folder, { recursive: true, force: true });
      if (code === 0) resolve(JSON.parse(out) as T);
      else reject(new Error(`ended with ${code}: ${errors.slice(0, 1_000)}`));
    });
  });
}
