export interface Bom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly hashes?: readonly { readonly content: string }[];
  }[];
}
export function billOfMaterials(): Bom;
export function nativeModules(bom: Bom): string[];
export function licences(bom: Bom): { readonly part: string; readonly licence: string }[];
export function isUsual(licence: string): boolean;
export function withoutHash(lock: unknown): string[];
export function advisories(answer: unknown): string[] | null;
export function ageOf(version: string, times: Readonly<Record<string, string>> | null, now: number): string | null;
