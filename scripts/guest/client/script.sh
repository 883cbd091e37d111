#!/usr/bin/env bash
# A client has only what every machine has.
source ./lib.sh

refuse_lockout
finish
