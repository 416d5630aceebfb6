# SPDX-License-Identifier: GPL-2.0-only
# The end of completion/tsipvsadm.bash: what reads the tables there.

# Add the flags of a word to `given`; the one whose argument is the next word
# to `waiting`. Letters of a bundle are flags until one takes an argument.
_tsipvsadm_scan() {
	local word=$1 index flag
	if [[ $word == --* ]]; then
		given+="$word "
		_tsipvsadm_argument "$verb" "$word"
		[[ -n $REPLY ]] && waiting=$word
		return
	fi
	[[ $word == -?* ]] || return
	for ((index = 1; index < ${#word}; index++)); do
		flag=-${word:index:1}
		given+="$flag "
		_tsipvsadm_argument "$verb" "$flag"
		[[ -n $REPLY ]] || continue
		((index < ${#word} - 1)) || waiting=$flag
		return
	done
}

# The options of the verb that are not given yet, or files where one is waited for.
_tsipvsadm_offer() {
	local group flag flags offer=()
	_tsipvsadm_argument "$verb" ''
	if [[ $REPLY == file && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	if [[ $REPLY == 'words '* && $current != -* ]]; then
		_tsipvsadm_words "${REPLY#* }" "$current"
		[[ ${COMPREPLY-} != *= ]] || compopt -o nospace 2>/dev/null
		return
	fi
	_tsipvsadm_options "$verb"
	for group in $REPLY; do
		IFS='|' read -r -a flags <<<"$group"
		for flag in "${flags[@]}"; do
			[[ $given != *" $flag "* ]] || continue 2
		done
		offer+=("${flags[@]}")
	done
	_tsipvsadm_words "${offer[*]}" "$current"
}

_tsipvsadm_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_tsipvsadm_devices() {
	local path names=
	for path in /sys/class/net/*/; do
		path=${path%/}
		names+="${path##*/} "
	done
	_tsipvsadm_words "$names" "$current"
}

# Several words with commas between: each of those not said yet.
_tsipvsadm_list() {
	local before= word left=
	[[ $current == *,* ]] && before=${current%,*},
	for word in $1; do
		[[ ,$before == *",$word,"* ]] || left+="$before$word "
	done
	_tsipvsadm_words "$left" "$current"
}

_tsipvsadm_values() {
	_tsipvsadm_argument "$verb" "$waiting"
	case $REPLY in
	device) _tsipvsadm_devices ;;
	host) mapfile -t COMPREPLY < <(compgen -A hostname -- "$current") ;;
	file) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	'words '*) _tsipvsadm_words "${REPLY#* }" "$current" ;;
	'list '*) _tsipvsadm_list "${REPLY#* }" ;;
	esac
}

_tsipvsadm() {
	local current=${COMP_WORDS[COMP_CWORD]} verb word index given=' ' waiting= REPLY
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_tsipvsadm_words "$_tsipvsadm_verbs" "$current"
		return
	fi
	_tsipvsadm_verb "${COMP_WORDS[1]}"
	verb=$REPLY
	[[ -n $verb ]] || return
	# The words behind "module" and "sync" have options of their own.
	local first=1
	if [[ $verb == @(module|sync) ]] && ((COMP_CWORD > 2)); then
		verb="$verb ${COMP_WORDS[2]}"
		first=3
	fi
	# readline makes the = of --option=value a word.
	[[ $current == = ]] && current=
	for ((index = first; index < COMP_CWORD; index++)); do
		word=${COMP_WORDS[index]}
		[[ $word == = ]] && continue
		if [[ -n $waiting ]]; then
			waiting=
			continue
		fi
		# Behind the verb's letter, its word is a bundle.
		((index > 1)) || [[ $word != -[^-]* ]] || word=-${word:2}
		_tsipvsadm_scan "$word"
	done
	if [[ -n $waiting ]]; then _tsipvsadm_values; else _tsipvsadm_offer; fi
}
complete -F _tsipvsadm tsipvsadm
