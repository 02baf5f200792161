declare namespace JSX {
  interface IntrinsicElements {
    p: { onClick?: () => void; children?: unknown };
  }
}
declare function later(): Promise<void>;
export function view(wild: any) {
  return <p onClick={async () => later()}>{wild.text}</p>;
}
export const generic = <T,>(value: T): T => value;
