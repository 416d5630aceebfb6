# SPDX-License-Identifier: GPL-2.0-only
# Where the patches' words stand in IPVS's own files: a line "FILE FUNCTION WORD COUNT"
# for each, as patches/placement has them. A hunk that landed elsewhere is told by this,
# where patch and the compiler say nothing. Kernel style is relied on: a function begins
# and ends with a brace in the first column.
FNR == 1 {
	file = FILENAME
	sub(/.*\//, "", file)
	within = 0
}

# Words in comments and strings are none.
{
	code = $0
	gsub(/"([^"\\]|\\.)*"/, "", code)
	gsub(/\/\*.*\*\//, "", code)
	if (comment && !sub(/.*\*\//, "", code))
		next
	comment = sub(/\/\*.*/, "", code)
}

code ~ /^[A-Za-z_].*\(/ && !within {
	name = code
	sub(/\(.*/, "", name)
	sub(/.*[^A-Za-z0-9_]/, "", name)
}
code ~ /^{/ { within = 1 }
code ~ /^}/ { within = 0 }

within {
	while (match(code, /[A-Za-z_][A-Za-z0-9_]*/)) {
		word = substr(code, RSTART, RLENGTH)
		code = substr(code, RSTART + RLENGTH)
		if (word ~ /^(ip_vs_fnat_|IP_VS_FNAT_|IP_VS_CONN_F_FULLNAT$)/)
			count[file " " name " " word]++
	}
}

END {
	for (place in count)
		print place, count[place]
}
