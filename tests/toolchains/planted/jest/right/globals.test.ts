describe("globals", () => {
  beforeEach(() => { (globalThis as any).jest?.useFakeTimers(); });
  it.each([[1, 2]])("%d", (a, b) => { expect(a + 1).toBe(b); });
  test("calls back", (done) => { expect(1).toBe(1); done(); });
  it.skip("later", () => { expect(1).toBe(2); });
  it.failing("is known", () => { expect(1).toBe(2); });
});
