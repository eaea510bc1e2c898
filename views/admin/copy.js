"use strict";
// Shows a button beside each thing to copy. Without this script one click on the thing marks all of it.
for (const box of document.querySelectorAll(".copy")) {
  const [button, code, said] = ["button", "code", ".said"].map((what) => box.querySelector(what));
  const mark = () => getSelection().selectAllChildren(code);
  const copy = async () => {
    // Pages that came over plain http from another machine have no clipboard; the old way asks for what is marked.
    if (navigator.clipboard) return navigator.clipboard.writeText(code.textContent);
    mark();
    if (!document.execCommand("copy")) throw new Error("not copied");
  };
  button.addEventListener("click", async () => {
    said.textContent = "";
    try {
      await copy();
      said.textContent = said.dataset.done;
    } catch {
      mark();
      said.textContent = said.dataset.failed;
    }
  });
  button.hidden = false;
}
