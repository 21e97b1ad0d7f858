"""Answers questions about adapters, each a line on standard input, each answer a line on standard output:

  {"model": "dir", "row": [1, 403, 407], "make": {"r": 2, "target_modules": "all-linear"}, "save": "dir"}
  {"model": "dir", "row": [1, 403, 407], "adapters": ["dir", "dir"], "weights": [0.5, -1], "combination": "cat"}
  {"model": "dir", "row": [1, 403, 407], "adapters": ["dir"], "merged": true}

with the logits after each id of the row, in fp32, as a JSON list of lists. `make`: the fields of a new LoraConfig, whose
matrices are drawn, B too; `save`: where it is written. Of several adapters `add_weighted_adapter` makes one.

  python adapters.py < questions.jsonl
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, logging

logging.set_verbosity_error()
logging.disable_progress_bar()


def adapted(model, question):
    if "make" in question:
        torch.manual_seed(1)
        made = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, **question["make"]))
        made.save_pretrained(question["save"])
        return made
    names = [f"adapter {i}" for i in range(len(question["adapters"]))]
    model = PeftModel.from_pretrained(model, question["adapters"][0], adapter_name=names[0])
    for name, directory in zip(names[1:], question["adapters"][1:]):
        model.load_adapter(directory, adapter_name=name)
    if "weights" in question:
        model.add_weighted_adapter(names, question["weights"], "sum", combination_type=question["combination"])
        model.set_adapter("sum")
    return model.merge_and_unload() if question.get("merged") else model


for line in sys.stdin:
    question = json.loads(line)
    model = AutoModelForCausalLM.from_pretrained(question["model"], dtype=torch.float32, attn_implementation="eager")
    model = adapted(model, question).eval()
    with torch.no_grad():
        logits = model(torch.tensor([question["row"]])).logits[0]
    print(json.dumps(logits.tolist()), flush=True)
